import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defineErrors, errorRow } from '@pelton/core'
import { decodePicture } from './decode-picture.ts'

const installed = defineErrors({
  no_video_decoder: errorRow<{ codec: string }>({
    message: ({ codec }) => `Nothing that is installed decodes ${codec}: node-av is not installed`,
    blame: 'user',
    retryable: false,
    help: 'Run `npm install node-av` in the folder of the function, or take the video with `decode: none`.',
  }),
})

test('without a decoder no frame is saved, and the advice is for who saves one', async () => {
  const start = decodePicture('/nowhere', 'now.jpg', async () => ({
    open: ({ codec }) => Promise.reject(installed.no_video_decoder({ codec })),
  }))
  const failed = Promise.withResolvers<unknown>()
  const maker = start('h264', { onPicture: () => assert.fail('of nothing'), onFailed: failed.resolve })
  maker.push({ bytes: Buffer.of(1), isKey: true, isAfterLoss: false, size: undefined })
  const error = await failed.promise
  maker.close()
  await assert.rejects(Promise.reject(error), {
    code: 'frame_unsavable',
    message: 'No frame was saved as now.jpg: nothing that is installed decodes h264: node-av is not installed',
    help: /^(?!.*(function|decode: none)).*ends with .*\.h264 or \.h265\..*npm install node-av.* where Pelton is.*ffmpeg/,
  })
})
