import { defineCommand } from './command.ts'
import { choice, duration, flag, text, texts, whole } from './options.ts'

/** `pelton infer`: one request to a model, over the Open Inference Protocol. */
export const inferCommand = defineCommand({
  name: 'infer',
  summary: 'Ask a model that is served over the Open Inference Protocol, and print its outputs',
  arguments: [
    { name: 'url', doc: 'http://HOST:PORT/v2/models/NAME[/versions/V], or HOST:PORT where there is one model' },
  ],
  options: {
    input: texts('--input <name=value>', '@FILE (NPY, JSON, an image), @- for standard input, JSON, or text of BYTES'),
    model: text('--model <name>', 'the model, where the URL names none'),
    modelVersion: text('--model-version <version>', 'its version (default: the server chooses)'),
    datatype: texts('--datatype <name=type>', 'datatype of an input that the model does not declare: x=FP32'),
    shape: texts('--shape <name=sizes>', 'shape of an input whose sizes are free: x=1,3,224,224'),
    layout: choice('--layout <order>', ['nchw', 'nhwc'], 'order of an image’s sizes (default: by the input’s shape)'),
    scale: text('--scale <factor>', 'factor of an image’s values 0 to 255 (default: 1/255 for floats, 1 for integers)'),
    mean: text('--mean <numbers>', 'taken off an image’s values after scaling, one or one a channel'),
    std: text('--std <numbers>', 'divides what is left, one or one a channel'),
    channels: choice(
      '--channels <order>',
      ['rgb', 'bgr', 'gray'],
      'channels of an image (default: rgb, or gray for one)',
    ),
    fit: choice(
      '--fit <way>',
      ['fill', 'cover', 'contain'],
      'stretch an image, cut it, or put it on black (default: fill)',
    ),
    output: texts('--output <name>', 'ask for this output only'),
    top: whole('--top <count>', 'show so many of the highest scores of each row'),
    labels: text('--labels <file>', 'names of the classes, one a line (with --top, default 5)'),
    save: text('--save <folder>', 'write each output as NAME.npy'),
    json: flag('--json', 'print the response as one JSON object'),
    parameter: texts('--parameter <key=value>', 'a parameter of the request'),
    id: text('--id <text>', 'the id of the request'),
    header: texts('--header <name: value>', 'a header of every request'),
    timeout: duration('--timeout <duration>', 'longest wait for an answer (default: 60s)'),
  },
  examples: [
    { line: 'pelton infer http://localhost:8080/v2/models/iris --input x=@x.npy', doc: 'an array that NumPy saved' },
    { line: "pelton infer localhost:8080 --input '[[5.1, 3.5, 1.4, 0.2]]'", doc: 'the only input of the only model' },
    {
      line: 'pelton infer localhost:8080 --model cls --input @cat.jpg --labels names.txt',
      doc: 'the best classes of an image',
    },
    {
      line: 'pelton infer localhost:8080 --model chat --input prompt=hello --json',
      doc: 'a text; the response as JSON',
    },
    { line: 'python make.py | pelton infer localhost:8080 --input @- --save out', doc: 'NPY in, NPY out' },
  ],
  notes: [
    'NAME= may be left out where the model has one input. What is sent is first held to what the model declares;',
    'other number types are converted where nothing is cut off. Images need the package sharp (npm install sharp).',
    'Outputs go to stdout, printed as NumPy prints them; the time goes to stderr. gRPC is not spoken.',
    'A certificate of your own: NODE_EXTRA_CA_CERTS=FILE. Exits with 1 when the request fails or is refused.',
  ],
  async run({ arguments: [address], options, terminal }) {
    const { inferModel } = await import('../infer/infer-model.ts')
    return inferModel({ ...options, address, terminal })
  },
})
