/** What the command's exit says. A second signal, or one that ends `watch` before anything came, exits with 128 plus its number. */
export const exitCodes = {
  /** Done; a processor drained everything. */
  done: 0,
  /** The function, its configuration or the machine does not allow it, or the drain cut something off. */
  failed: 1,
  /** The command line itself is wrong. */
  usage: 2,
  /** A defect of Pelton (`EX_SOFTWARE` of sysexits.h). */
  bug: 70,
} as const
