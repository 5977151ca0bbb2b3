/** How numbers are spread; of none all is 0. */
export class Spread {
  count = 0
  least = 0
  most = 0
  #sum = 0

  add(value: number): void {
    this.least = this.count === 0 ? value : Math.min(this.least, value)
    this.most = this.count === 0 ? value : Math.max(this.most, value)
    this.#sum += value
    this.count += 1
  }

  get mean(): number {
    return this.count === 0 ? 0 : this.#sum / this.count
  }
}
