/** The second bytes of markers that are looked at here (ITU-T T.81 table B.1). */
export const markers = {
  startOfFrame: 0xc0,
  huffmanTables: 0xc4,
  extensions: 0xc8,
  arithmeticConditions: 0xcc,
  restart: 0xd0,
  startOfImage: 0xd8,
  endOfImage: 0xd9,
  startOfScan: 0xda,
  quantTables: 0xdb,
  restartInterval: 0xdd,
} as const
