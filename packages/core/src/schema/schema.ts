/** What every schema may say about its value. */
export interface SchemaFacts<T> {
  /** One sentence for the table, the editor and `pelton kinds`; without a full stop. */
  doc?: string
  /** Taken when the key is absent. */
  default?: T
  /** Other names of the key, from older files. */
  aliases?: readonly string[]
  /** Accepted and kept, but only a cluster or an older system uses it. */
  ignored?: boolean
  /** Holds a credential: its value is never quoted in a message. */
  secret?: boolean
}

interface Base<T> extends SchemaFacts<T> {
  /** Carries the static type; never set. */
  readonly $type?: T
  readonly optional?: boolean
}

/** A text, optionally matched by `pattern` or longer than nothing. */
export interface StringSchema extends Base<string> {
  readonly kind: 'string'
  readonly pattern?: RegExp
  /** What the pattern asks for, in messages: `a path such as /live`. Absent: the pattern itself is shown. */
  readonly patternWords?: string
  readonly minLength?: number
  /** Takes numbers and booleans too, as their text. */
  readonly acceptsScalars?: boolean
}

/** A number between `min` and `max`, both included. */
export interface NumberSchema extends Base<number> {
  readonly kind: 'number' | 'integer'
  readonly min?: number
  readonly max?: number
}

/** True or false. */
export interface BooleanSchema extends Base<boolean> {
  readonly kind: 'boolean'
}

/** A span of time, decoded to milliseconds: `250ms`, `5s`, `1m30s`, or a bare number in `unit`. */
export interface DurationSchema extends Base<number> {
  readonly kind: 'duration'
  readonly unit: 'ms' | 's'
  /** In milliseconds. */
  readonly min?: number
  /** In milliseconds. */
  readonly max?: number
}

/** A number of bytes: `64KiB`, `4MB`, or a bare number. */
export interface SizeSchema extends Base<number> {
  readonly kind: 'size'
  readonly min?: number
  readonly max?: number
}

/** One of some words, in any letter case. */
export interface ChoiceSchema<T extends string = string> extends Base<T> {
  readonly kind: 'choice'
  readonly choices: readonly T[]
}

/** A list of values of one schema. */
export interface ListSchema<T = unknown> extends Base<T[]> {
  readonly kind: 'list'
  readonly item: Schema<T>
  readonly minItems?: number
}

/** Any keys with values of one schema; the keys are kept as written. */
export interface MapSchema<T = unknown> extends Base<Record<string, T>> {
  readonly kind: 'map'
  readonly value: Schema<T>
}

/** Known keys, matched in any letter case and with `snake_case` equal to `camelCase`. */
export interface ObjectSchema<T = unknown> extends Base<T> {
  readonly kind: 'object'
  readonly fields: Readonly<Record<string, Schema<unknown>>>
  /** `fault` names unknown keys, `keep` lets them through. */
  readonly unknownKeys: 'fault' | 'keep'
}

/** Any value, as it stands. */
export interface AnySchema extends Base<unknown> {
  readonly kind: 'any'
}

/** Configuration of one value: the one source of its type, check, default, JSON Schema and documentation. */
export type Schema<T = unknown> = (
  | StringSchema
  | NumberSchema
  | BooleanSchema
  | DurationSchema
  | SizeSchema
  | ChoiceSchema
  | ListSchema
  | MapSchema
  | ObjectSchema
  | AnySchema
) & { readonly $type?: T; readonly optional?: boolean }

/** The TypeScript type of a schema's decoded value. */
export type Static<S> = S extends { readonly $type?: infer T } ? Exclude<T, undefined> : never

type Optional<S> = S & { readonly optional: true }
type Fields = Readonly<Record<string, Schema<unknown>>>
type OptionalKeys<F> = { [K in keyof F]: F[K] extends { readonly optional: true } ? K : never }[keyof F]

/** The decoded type of an object's fields: optional ones may be absent, all others are there. */
export type FieldTypes<F> = { [K in Exclude<keyof F, OptionalKeys<F>>]: Static<F[K]> } & {
  [K in OptionalKeys<F>]?: Static<F[K]>
}

type Options<S, T> = Omit<
  S,
  'kind' | '$type' | 'optional' | 'item' | 'value' | 'choices' | 'fields' | keyof SchemaFacts<T>
> &
  SchemaFacts<T>

/** Lets a key be absent. A schema with a default needs no `optional`. */
export function optional<S extends Schema<unknown>>(schema: S): Optional<S> {
  return { ...schema, optional: true }
}

/** A text. */
export function string(options: Options<StringSchema, string> = {}): StringSchema {
  return { kind: 'string', ...options }
}

/** A number with fractions. */
export function number(options: Options<NumberSchema, number> = {}): NumberSchema {
  return { kind: 'number', ...options }
}

/** A whole number. */
export function integer(options: Options<NumberSchema, number> = {}): NumberSchema {
  return { kind: 'integer', ...options }
}

/** True or false. */
export function boolean(options: Options<BooleanSchema, boolean> = {}): BooleanSchema {
  return { kind: 'boolean', ...options }
}

/** A span of time; `default`, `min` and `max` in milliseconds, `unit` that of a bare number. */
export function duration(options: Options<DurationSchema, number>): DurationSchema {
  return { kind: 'duration', ...options }
}

/** A number of bytes. */
export function size(options: Options<SizeSchema, number> = {}): SizeSchema {
  return { kind: 'size', ...options }
}

/** One of some words. */
export function choice<const T extends string>(choices: readonly T[], options: SchemaFacts<T> = {}): ChoiceSchema<T> {
  return { kind: 'choice', choices, ...options }
}

/** A list. */
export function list<S extends Schema<unknown>>(
  item: S,
  options: Options<ListSchema<Static<S>>, Static<S>[]> = {},
): ListSchema<Static<S>> {
  return { kind: 'list', item: item as Schema<Static<S>>, ...options }
}

/** Any keys with values of one schema. */
export function map<S extends Schema<unknown>>(
  value: S,
  options: SchemaFacts<Record<string, Static<S>>> = {},
): MapSchema<Static<S>> {
  return { kind: 'map', value: value as Schema<Static<S>>, ...options }
}

/** Known keys. An absent object with a default (often `{}`) is decoded from that default, so that its fields' defaults apply. */
export function object<F extends Fields>(
  fields: F,
  options: Omit<SchemaFacts<never>, 'default'> & {
    default?: Record<string, unknown>
    unknownKeys?: 'fault' | 'keep'
  } = {},
): ObjectSchema<FieldTypes<F>> {
  const { unknownKeys = 'fault', ...facts } = options
  return { kind: 'object', fields, unknownKeys, ...(facts as SchemaFacts<FieldTypes<F>>) }
}

/** Any value. */
export function any(options: SchemaFacts<unknown> = {}): AnySchema {
  return { kind: 'any', ...options }
}
