/** Version of the snapshots. */
export const VERSION = 2;
