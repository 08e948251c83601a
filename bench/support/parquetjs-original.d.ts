/** The first parquetjs comes without types. The benchmark of writers names what it uses. */
declare module 'parquetjs-original';
