/** What a browser's request to an API brings along: the proxy sends all of it to the processor. */
export const requestHeaders = {
  host: 'api.example.com',
  'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36',
  accept: 'application/json',
  'accept-language': 'en-GB,en;q=0.9',
  'accept-encoding': 'gzip, br',
  authorization: `Bearer ${'x'.repeat(120)}`,
  cookie: `session=${'y'.repeat(32)}; theme=dark`,
  referer: 'https://www.example.com/items',
}
