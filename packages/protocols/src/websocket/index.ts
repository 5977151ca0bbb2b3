export { closeCodes, isCloseCode } from './close-code.ts'
export { type ConnectOptions, connectWebSocket } from './connect.ts'
export type { DeflateTerms } from './deflate-terms.ts'
export {
  type HandshakeAccepted,
  type HandshakeHead,
  type HandshakeRefused,
  type UpgradeRules,
  answerHandshake,
} from './handshake.ts'
export { createPeer } from './peer.ts'
export type { PeerEnd, PeerEvents, PeerOptions, WebSocketPeer } from './peer-options.ts'
