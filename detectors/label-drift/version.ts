/** Newest version of the snapshots: 2 has many pairs of labels as a part. Version 1 is read, and written for few pairs. */
export const VERSION = 2;
