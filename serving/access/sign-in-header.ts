/**
 * The header of a 401 that signing in mends without a form in the page: a page that gets it loads itself anew, by way
 * of the sign-in.
 */
export const SIGN_IN_HEADER = 'x-sightline-sign-in';
