/** Dots of a character's cell: five, and one between characters; seven above the line and two below. */
export const cellWidth = 6
export const cellHeight = 9

// Space to tilde, then what stands for all others: nine rows each from the top, each a digit to the base of 32 whose highest bit is the left dot.
const glyphs =
  '000000000 444440400 aaa000000 aavavaa00 4fke5u400 op248j300 cik8lid00 440000000 ' +
  '248884200 842224800 04lel4000 044v44000 00000cc48 000v00000 00000cc00 11248gg00 ' +
  'ehjlphe00 4c4444e00 eh1248v00 eh161he00 26aiv2200 vgu11he00 68guhhe00 v12448800 ' +
  'ehhehhe00 ehhf12c00 0cc00cc00 0cc00cc48 248g84200 00v0v0000 842124800 eh1240400 ' +
  'ehnlngf00 ehhhvhh00 uhhuhhu00 ehggghe00 sihhhis00 vgguggv00 vgguggg00 ehgnhhf00 ' +
  'hhhvhhh00 e44444e00 72222ic00 hikokih00 ggggggv00 hrllhhh00 hpljhhh00 ehhhhhe00 ' +
  'uhhuggg00 ehhhlid00 uhhukih00 fgge11u00 v44444400 hhhhhhe00 hhhhha400 hhhllrh00 ' +
  'hha4ahh00 hha444400 v1248gv00 e88888e00 gg8421100 e22222e00 4ah000000 00000000v ' +
  '842000000 00e1fhf00 gguhhhu00 00ehghe00 11fhhhf00 00ehvge00 698u88800 00fhhhf1e ' +
  'gguhhhh00 40c444e00 2062222ic ggikoki00 c44444e00 00qllll00 00uhhhh00 00ehhhe00 ' +
  '00uhhhugg 00fhhhf11 00mpggg00 00fge1u00 88u889600 00hhhjd00 00hhha400 00hllla00 ' +
  '00ha4ah00 00hhhhf1e 00v248v00 244844200 444444400 844244800 008l20000 vhhhhhv00'
const lengthOfGlyph = cellHeight + 1
const firstCode = 0x20
const lastCode = 0x7f

/** The rows of a character from the top; 16 is the left dot, 1 the right one. A character that the font has not is a frame. */
export function rowsOf(character: string): number[] {
  const code = character.codePointAt(0) ?? lastCode
  const start = (code < firstCode || code > lastCode ? lastCode - firstCode : code - firstCode) * lengthOfGlyph
  return Array.from(glyphs.slice(start, start + cellHeight), (digit) => Number.parseInt(digit, 32))
}
