import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TensorMetadata } from '@pelton/protocols/inference'
import { missingInputs, readGivenInputs } from './given-inputs.ts'

const x: TensorMetadata = { name: 'x', datatype: 'FP32', shape: [-1, 3] }
const odd: TensorMetadata = { name: 'a=b', datatype: 'BYTES', shape: [1] }

test('an input has the datatype and the shape of the model', () => {
  assert.deepEqual(readGivenInputs({ input: ['x=@x.npy'] }, [x, odd]), [
    { name: 'x', value: '@x.npy', datatype: 'FP32', shape: [-1, 3] },
  ])
  assert.deepEqual(readGivenInputs({ input: ['a=b=c=d'] }, [x, odd])[0]?.value, 'c=d')
  assert.deepEqual(missingInputs(readGivenInputs({ input: ['a=b=c'] }, [x, odd]), [x, odd]), ['x FP32 [-1, 3]'])
})

test('the name may be left out where there is one input', () => {
  for (const value of ['@a=b.npy', '[1,2,3]', '{"data":1}', '"t=1"', 'hello']) {
    assert.deepEqual(readGivenInputs({ input: [value] }, [x])[0], {
      name: 'x',
      value,
      datatype: 'FP32',
      shape: [-1, 3],
    })
  }
})

test('the command line says what the model leaves open', () => {
  const options = { input: ['x=1'], datatype: ['x=int8'], shape: ['x=(1, -1)'.replace('(', '[').replace(')', ']')] }
  assert.deepEqual(readGivenInputs(options, []), [{ name: 'x', value: '1', datatype: 'INT8', shape: [1, -1] }])
  assert.deepEqual(readGivenInputs({ input: ['x=1'], shape: ['x=2,-1'] }, [x])[0]?.shape, [2, 3])
  assert.deepEqual(readGivenInputs({ input: ['x=1'], shape: ['x='] }, [])[0]?.shape, [])
})

test('what cannot be meant is a wrong command line', () => {
  type Given = Parameters<typeof readGivenInputs>
  const cases: [Given[0], Given[1], RegExp][] = [
    [{}, [x], /Add --input; the model takes x FP32 \[-1, 3\]/],
    [{ input: ['[1]'] }, [x, odd], /expected NAME=VALUE, got "\[1\]"; the model takes x FP32/],
    [{ input: ['[1]'] }, [], /the model does not say what it takes/],
    [{ input: ['input_x=1'] }, [{ ...x, name: 'inputx' }, odd], /no input "input_x", did you mean inputx\?/],
    [{ input: ['x=1', 'x=2'] }, [x], /two have the same name/],
    [{ input: ['x=@-', 'a=b=@-'] }, [x, odd], /only one can be standard input/],
    [{ input: ['x=1'], datatype: ['y=FP32'] }, [x], /--datatype: there is no --input "y"/],
    [{ input: ['x=1'], datatype: ['x=FP7'] }, [x], /--datatype: expected one of BOOL/],
    [{ input: ['x=1'], datatype: ['x=INT8'] }, [x], /INT8 is given, but the model takes x FP32/],
    [{ input: ['x=1'], datatype: ['x'] }, [x], /--datatype: expected NAME=VALUE/],
    [{ input: ['x=1'], datatype: ['x=FP32', 'x=FP32'] }, [x], /"x" is given twice/],
    [{ input: ['x=1'], shape: ['x=a'] }, [x], /--shape: expected sizes/],
    [{ input: ['x=1'], shape: ['x=1,4'] }, [x], /--shape: \[1, 4\] is given, but the model takes x FP32/],
  ]
  for (const [options, declared, message] of cases) {
    assert.throws(() => readGivenInputs(options, declared), { code: 'wrong_usage', message })
  }
})
