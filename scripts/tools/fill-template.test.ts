import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fillTemplate, kindNameFault } from './fill-template.ts'

test('a name is filled in as text, identifier, type and snake_case', () => {
  assert.equal(
    fillTemplate('{{kind}} {{camel}} {{Kind}} {{snake}}', 'rabbit-mq'),
    'rabbit-mq rabbitMq RabbitMq rabbit_mq',
  )
})

test('what is no name stays', () => {
  assert.equal(fillTemplate('{{other}} ${x}', 'toy'), '{{other}} ${x}')
})

test('a kind is named in lower case with single hyphens', () => {
  for (const name of ['toy', 'v3io-stream', 'mqtt5']) assert.equal(kindNameFault(name), undefined)
  for (const name of ['', 'Toy', '5g', 'a--b', '-a', 'a_b', '../a'])
    assert.match(kindNameFault(name) ?? '', /is no name/)
})
