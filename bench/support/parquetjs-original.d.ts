/** The first parquetjs comes without types; bench/batch/writers.ts names what it uses. */
declare module 'parquetjs-original';
