import { type Template, functionFile } from './template.ts'

/** Python, with a test that needs nothing but Python. */
export const pythonTemplate: Template = {
  name: 'python',
  summary: 'a handler in Python',
  testLine: 'python3 -m unittest',
  files: (facts) => ({
    'function.yaml': functionFile(facts, 'python', 'handler.py'),
    'handler.py': `def handler(context, event):
    """Greets whoever the body names."""
    name = event.text().strip() or 'world'
    context.logger.info_with('Greeting', name=name)
    return {'hello': name}
`,
    'test_handler.py': `import unittest
from unittest.mock import Mock

from handler import handler


class HandlerTest(unittest.TestCase):
    def test_greets_by_name(self):
        event = Mock(text=lambda: 'Ada')
        self.assertEqual(handler(Mock(), event), {'hello': 'Ada'})


if __name__ == '__main__':
    unittest.main()
`,
  }),
}
