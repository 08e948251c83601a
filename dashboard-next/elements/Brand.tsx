/** The name of the product, as a link to the Live page. */
export function Brand() {
  return (
    <a className="brand" href="/">
      <svg className="logo" viewBox="0 0 24 24" aria-hidden="true">
        <path
          className="eye"
          d="M2.5 12C4.8 7.5 8.2 5.2 12 5.2s7.2 2.3 9.5 6.8c-2.3 4.5-5.7 6.8-9.5 6.8S4.8 16.5 2.5 12Z"
        />
        <path className="bars" d="M8.5 14.6v-3M12 14.6V9M15.5 14.6v-4.3" />
      </svg>
      Sightline
    </a>
  );
}
