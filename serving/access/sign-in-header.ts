/**
 * The header of a 401 that a sign-in repairs without a form: a page that gets it reloads itself and is sent to the
 * sign-in.
 */
export const SIGN_IN_HEADER = 'x-sightline-sign-in';
