export { type ConnectorCatalogue, createConnectorCatalogue } from './kind-catalogue.ts'
