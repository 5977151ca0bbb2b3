/** How a field's value is written: the low three bits of its key. Groups are only skipped. */
export const wireType = { varint: 0, fixed64: 1, bytes: 2, startGroup: 3, endGroup: 4, fixed32: 5 } as const
