/** The release that this trainer belongs to, as in package.json. */
export const churnopsVersion = '0.1.0';
