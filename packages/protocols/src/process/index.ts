export { type CommandPlaces, findCommand, isProgram } from './find-command.ts'
export { type Command, type ProcessEnd, type ProcessGroup, startProcess } from './process-group.ts'
export { type HostOptions, spawnHost } from './spawn-host.ts'
