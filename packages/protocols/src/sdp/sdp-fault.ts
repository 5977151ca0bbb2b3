/** A session description that is beyond a limit, with the limit. */
export class SdpFault extends Error {}
