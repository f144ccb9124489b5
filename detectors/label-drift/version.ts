/**
 * Newest version of the snapshots. 2 has many pairs of labels as a part; 3 has the company of rare labels, and what is kept of each
 * label in half the bytes. All are read.
 */
export const VERSION = 3;
