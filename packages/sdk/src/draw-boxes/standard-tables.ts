import { type CodingTable, type DecodingTable, codingTable, decodingTable, skipTable } from './huffman-tables.ts'

/** A table of ITU-T T.81 annex K.3, in all forms: every picture is written with these, as RFC 2435 receivers expect. */
export interface StandardTable {
  /** 16 counts, then the symbols. */
  readonly spec: Uint8Array
  readonly reading: DecodingTable
  readonly writing: CodingTable
}

/** That of AC coefficients, which are many. */
export interface StandardAcTable extends StandardTable {
  /** `skipTable` of it. */
  readonly skipping: Int32Array
}

/** Those of the first component, and those of the others. */
export interface StandardTables {
  readonly dc: StandardTable
  readonly ac: StandardAcTable
}

const dcSymbols = '000102030405060708090a0b'
const acSymbolsOfLuma =
  '01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a343536373839' +
  '3a434445464748494a535455565758595a636465666768696a737475767778797a838485868788898a92939495969798999aa2a3a4a5a6a7' +
  'a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa'
const acSymbolsOfChroma =
  '000102031104052131061241510761711322328108144291a1b1c109233352f0156272d10a162434e125f11718191a262728292a35363738' +
  '393a434445464748494a535455565758595a636465666768696a737475767778797a82838485868788898a92939495969798999aa2a3a4a5' +
  'a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9fa'

let made: readonly [StandardTables, StandardTables] | undefined

/** The tables for luma, then those for chroma. */
export function standardTables(): readonly [StandardTables, StandardTables] {
  made ??= [
    {
      dc: table('dc', '00010501010101010100000000000000', dcSymbols),
      ac: acTable('0002010303020403050504040000017d', acSymbolsOfLuma),
    },
    {
      dc: table('dc', '00030101010101010101010000000000', dcSymbols),
      ac: acTable('00020102040403040705040400010277', acSymbolsOfChroma),
    },
  ]
  return made
}

function acTable(counts: string, symbols: string): StandardAcTable {
  const made = table('ac', counts, symbols)
  return { ...made, skipping: skipTable(made.reading) }
}

function table(kind: 'dc' | 'ac', counts: string, symbols: string): StandardTable {
  const digits = counts + symbols
  const spec = Uint8Array.from({ length: digits.length / 2 }, (_, index) =>
    Number.parseInt(digits.slice(index * 2, index * 2 + 2), 16),
  )
  return { spec, reading: decodingTable(spec, kind), writing: codingTable(spec) }
}
