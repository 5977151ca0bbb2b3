import type { ExtProcContext, ExtProcEvent } from '@pelton/sdk'

const tenants = new Map([
  ['key-of-acme', { name: 'acme', plan: 'gold' }],
  ['key-of-globex', { name: 'globex', plan: 'free' }],
])
const ours = ['x-tenant', 'x-plan']

/** Tells the upstream whose API key it is. The key stays here, and nobody but us says who a tenant is. */
export function handler({ extproc }: ExtProcContext, event: ExtProcEvent) {
  const tenant = tenants.get(event.header('x-api-key') ?? '')
  if (!tenant) return extproc.proceed({ removeHeaders: ours })
  return extproc.proceed({
    setHeaders: { 'x-tenant': tenant.name, 'x-plan': tenant.plan },
    removeHeaders: ['x-api-key'],
  })
}
