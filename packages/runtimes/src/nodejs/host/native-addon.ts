let loaded = false

/** Notes from now on whether this thread loads a native addon. */
export function watchNativeAddons(): void {
  const { dlopen: load } = process
  process.dlopen = function dlopen(this: unknown, ...given: Parameters<typeof load>): void {
    loaded = true
    Reflect.apply(load, process, given)
  }
}

/** Whether this thread has loaded a native addon, or tried to, since `watchNativeAddons`. */
export function hasNativeAddon(): boolean {
  return loaded
}
