import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const NODE_GLOBALS = [
  'process',
  'AbortController',
  'console',
  'URL',
  'fetch',
  'AbortSignal',
  'setTimeout',
  'clearTimeout',
  'setInterval',
  'clearInterval',
];

/** Tables in headers (indented by three blanks and more) are as wide as they are. */
const LINES = { code: 120, ignoreRegExpLiterals: true, ignoreUrls: true, ignorePattern: '^ \\* {3}' };

export default tseslint.config(
  { ignores: ['**/node_modules/', '.sightline/', '**/.next/', '**/next-env.d.ts', 'test-output/'] },
  js.configs.recommended,
  ...tseslint.configs.strict,
  {
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-invalid-void-type': 'off',
      '@typescript-eslint/switch-exhaustiveness-check': 'off',
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true, IIFEs: true }],
      'max-lines': ['error', { max: 300, skipBlankLines: false, skipComments: false }],
      'max-len': ['error', LINES],
      'no-console': 'error',
      eqeqeq: 'error',
      'max-params': ['error', 4],
      'prefer-const': 'error',
    },
  },
  {
    // Strings of tests, SQL of benches and the paths of icons are as wide as they are.
    files: ['test/**', 'bench/**', 'dashboard-next/elements/Icon.tsx'],
    rules: {
      'max-len': ['error', { ...LINES, ignoreStrings: true, ignoreTemplateLiterals: true }],
    },
  },
  {
    files: ['test/**'],
    rules: { 'max-lines': ['error', { max: 430 }], 'max-lines-per-function': 'off', 'max-params': 'off' },
  },
  { files: ['**/*.tsx'], rules: { 'max-lines-per-function': ['error', { max: 120 }] } },
  {
    files: ['**/*.mjs', '**/*.js'],
    languageOptions: { globals: Object.fromEntries(NODE_GLOBALS.map((name) => [name, 'readonly'])) },
    rules: { 'no-console': 'off' },
  },
);
