// node token.ts NAME SECONDS: prints a token of that name that is valid for so long, signed with JWT_SECRET.
import { createHmac } from 'node:crypto'

const [sub = 'Ada', seconds = '3600'] = process.argv.slice(2)
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const exp = Math.floor(Date.now() / 1000) + Number(seconds)
const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ sub, exp })}`
const secret = process.env['JWT_SECRET'] ?? ''
if (secret === '') throw new Error('JWT_SECRET is not set')
console.log(`${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`)
