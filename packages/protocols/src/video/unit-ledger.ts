import type { UnitToDecode } from './video-decoder.ts'

/** What is to be known of an access unit when its picture comes. */
export type UnitNote = Pick<UnitToDecode, 'tag' | 'due'>

/** The unit of a picture that has come, and the tag it would have if units came in the order of their pictures. */
export type PictureNote = UnitNote & { place: number }

/** The most pictures that a decoder holds back to put them in order (ITU-T H.264 §A.3.1, H.265 §A.4.2). */
const mostOfVideo = 16

/** Finds the unit of each picture that comes out of a decoder by the number that the unit went in with, and those that gave none. */
export class UnitLedger {
  readonly #mostInside: number
  readonly #mostReordered: number
  readonly #notes = new Map<number, UnitNote>()
  /** Tags of as many units, in the order in which these went in: the oldest is the place of the next picture. */
  #places: number[] = []
  #next = 0
  #newest = -1

  /** No more than `mostInside` units are in the decoder at a time; so many pictures may be held back by it. */
  constructor(mostInside: number, mostReordered: number = mostOfVideo) {
    this.#mostInside = mostInside
    this.#mostReordered = mostReordered
  }

  /** How many units have neither given a picture nor been given up. */
  get size(): number {
    return this.#notes.size
  }

  /** The number that the next unit will have. */
  get next(): number {
    return this.#next
  }

  /** Gives the number that the unit goes in with. */
  add({ tag, due }: UnitNote): number {
    const number = this.#next++
    this.#notes.set(number, { tag, due })
    this.#places.push(tag)
    return number
  }

  /** The unit of a picture, which stays. */
  peek(number: number): UnitNote | undefined {
    return this.#notes.get(number)
  }

  /** The unit of a picture; undefined when it has had its picture already, or was given up. */
  take(number: number): PictureNote | undefined {
    const note = this.#notes.get(number)
    this.#notes.delete(number)
    this.#newest = Math.max(this.#newest, number)
    return note && { ...note, place: this.#places.shift()! }
  }

  /** Gives up the units whose pictures cannot come any more, and says how many. */
  giveUp(): number {
    let count = 0
    for (const number of this.#notes.keys()) {
      if (number >= this.#newest - this.#mostReordered && this.#notes.size <= this.#mostInside) break
      this.#notes.delete(number)
      this.#places.shift()
      count += 1
    }
    return count
  }

  /** Gives up all units that are in the decoder, and says how many. */
  clear(): number {
    const { size } = this.#notes
    this.#notes.clear()
    this.#places = []
    return size
  }
}
