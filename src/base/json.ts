/** JSON.stringify as it is before any migration's code has run, which could put another in its place. */
export const { stringify } = JSON;
