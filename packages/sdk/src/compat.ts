/** Whose rules a function file follows: Pelton's own (`none`), or those of the system that it was written for. */
export type CompatMode = 'none' | 'nuclio' | 'digitalhub'
