/** The call of handlers that runs a model: its payload is `{ model, extra }`, its body and result are bytes. */
export const runModel = 'models.run'
