/** The function file of a Python function in `main.py`. */
export const pythonFunction = (numWorkers = 1): string => `apiVersion: pelton/v1
kind: Function
metadata: { name: own }
spec:
  runtime: python
  handler: main:handler
  triggers: { http: { kind: http, url: 127.0.0.1:0, numWorkers: ${numWorkers} } }
`
