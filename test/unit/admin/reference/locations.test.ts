/** Dataset B as people save it: every line is taken or named, whatever program wrote the file. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import iconv from 'iconv-lite';
import { readReference } from '../../../../admin/reference/locations.ts';
import { readPlaces, writePlaces } from '../../../../admin/reference/places.ts';

const HEADER = 'geographical_location_oid,geographical_location\n';
const read = (text: string) => readReference(Buffer.from(text));
const lines = ({ badLines }: ReturnType<typeof readReference>): number[] => badLines.map(({ line }) => line);
const oids = ({ locations }: ReturnType<typeof readReference>): string[] => locations.map(({ oid }) => oid);

describe('reading dataset B from CSV', () => {
  it('takes the good lines and names the bad ones by number', () => {
    const reading = read(`${HEADER}1,Harbour\nx,Nowhere\n3,\n4,"Hall, ""B"""\n007,Bond\n6\n`);
    assert.deepEqual(reading.locations, [
      { oid: '1', name: 'Harbour' },
      { oid: '4', name: 'Hall, "B"' },
    ]);
    assert.deepEqual(lines(reading), [3, 4, 6, 7]);
  });

  it('keeps ids beyond 2^53 and refuses ids beyond 64 bits', () => {
    const { locations, badLines } = read(`${HEADER}9007199254740993,Far\n9223372036854775808,Too far\n`);
    assert.deepEqual(locations, [{ oid: '9007199254740993', name: 'Far' }]);
    assert.equal(badLines.length, 1);
  });

  it('calls a second name for one place a bad line, and a repeated line none', () => {
    const reading = read(`${HEADER}1,A\n1,A\n1,B\n`);
    assert.deepEqual(reading.locations, [{ oid: '1', name: 'A' }]);
    assert.deepEqual(lines(reading), [4]);
  });

  it('finds the columns by name, in any order and any case, behind a byte-order mark', () => {
    const { locations } = read('\uFEFFGeographical_Location,extra,geographical_location_oid\nStraße,x,5\n');
    assert.deepEqual(locations, [{ oid: '5', name: 'Straße' }]);
  });

  it('refuses a file without the two columns, or with one of them twice', () => {
    assert.throws(() => read('id,name\n1,A\n'), { exitCode: 2, message: /must name the columns .* found: "id,name"/ });
    assert.throws(() => read(''), { exitCode: 2, message: /found: nothing/ });
    assert.throws(() => read('geographical_location_oid,geographical_location,geographical_location\n1,A,B\n'), {
      exitCode: 2,
      message: /names geographical_location more than once \(columns 2 and 3\)/,
    });
  });

  it('takes line ends that change within the file', () => {
    const reading = read('geographical_location_oid,geographical_location\r\n1,A\n2,B\r3,C\r\n\r\n4,"D\nE"\r\n5,F');
    assert.deepEqual(oids(reading), ['1', '2', '3', '4', '5']);
    assert.deepEqual(lines(reading), []);
  });

  it('loses no line to a quote that is broken or left open', () => {
    const reading = read(`${HEADER}1,A\n2,B"C"\n3,"D\n4,E\n5,"F" G\n6,H\n7,"I\n`);
    assert.deepEqual(oids(reading), ['1', '4', '6']);
    assert.deepEqual(lines(reading), [3, 4, 6, 8]);
  });

  it('reads semicolons, tabs, bars and the line of a spreadsheet that names the delimiter', () => {
    for (const [delimiter, first] of [
      [';', ''],
      ['\t', ''],
      ['|', ''],
      [';', 'sep=;\r\n'],
    ] as const) {
      const reading = read(
        `${first}geographical_location_oid${delimiter}geographical_location\r\n7${delimiter}Quay, north\r\nx${delimiter}\r\n`,
      );
      assert.deepEqual(reading.locations, [{ oid: '7', name: 'Quay, north' }], delimiter);
      assert.deepEqual(lines(reading), [first === '' ? 3 : 4], delimiter);
    }
  });

  it('passes over rows that hold nothing but delimiters, and counts them', () => {
    const reading = read(`${HEADER}1,A\n,\n , \n2,B,\n`);
    assert.deepEqual([oids(reading), reading.blankRows, lines(reading)], [['1', '2'], 2, []]);
  });

  it('names a line whose name was cut at a delimiter that stands outside of quotes', () => {
    const reading = read(`${HEADER}1,Old Town, Main Entrance\n2,B\n`);
    assert.deepEqual([oids(reading), lines(reading)], [['2'], [2]]);
    assert.match(reading.badLines[0]!.because, /3 fields where the first line names 2 columns/);
  });

  it('tells an id that a spreadsheet has rounded, and suspects ids that all end in zeros', () => {
    const reading = read(`${HEADER}9.00720E+15,A\n9007199254740000,B\n9007199254750000,C\n17,D\n`);
    assert.deepEqual(lines(reading), [2]);
    assert.match(reading.badLines[0]!.because, /a spreadsheet has rounded it/);
    assert.match(reading.hints.join(), /All 2 ids of more than 15 digits end in zeros/);
    assert.deepEqual(read(`${HEADER}9007199254740993,A\n9007199254750000,B\n`).hints, []);
  });

  it('reads UTF-8 and UTF-16 with and without a mark', () => {
    const text = `${HEADER}1,Café €\n`;
    const written: [string, boolean][] = [
      ['utf-8', true],
      ['utf-16le', true],
      ['utf-16be', true],
      ['utf-16le', false],
      ['utf-16be', false],
    ];
    for (const [encoding, addBOM] of written) {
      const { locations } = readReference(iconv.encode(text, encoding, { addBOM }));
      assert.deepEqual(locations, [{ oid: '1', name: 'Café €' }], `${encoding} ${addBOM}`);
    }
  });

  it('loads no broken letter: Windows-1252 is named by line, and read when it is named', () => {
    const bytes = iconv.encode(`${HEADER}1,Café\n2,Quay\n3,10 € Shop\n`, 'windows-1252');
    const unnamed = readReference(bytes);
    assert.deepEqual([oids(unnamed), lines(unnamed)], [['2'], [2, 4]]);
    assert.match(unnamed.hints.join(), /--encoding windows-1252/);
    const { locations } = readReference(bytes, 'windows-1252');
    assert.deepEqual(
      locations.map(({ name }) => name),
      ['Café', 'Quay', '10 € Shop'],
    );
    assert.throws(() => readReference(bytes, 'klingon'), { exitCode: 2, message: /"klingon" is unknown/ });
  });

  it('names a letter that an earlier conversion has lost', () => {
    const reading = read(`${HEADER}1,Caf\uFFFD\n2,B\n`);
    assert.deepEqual([oids(reading), lines(reading)], [['2'], [2]]);
    assert.match(reading.hints.join(), /earlier conversion/);
  });

  it('takes, names or counts every line of any text', () => {
    const piece = fc.constantFrom('A', ',', ';', '\t', ' ', 'é', '\uFEFF', '9e9', '-', '\uFFFD');
    const line = fc.oneof(
      fc.constant('!good'),
      fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join('')),
    );
    const end = fc.constantFrom('\n', '\r\n', '\r');
    fc.assert(
      fc.property(fc.array(fc.tuple(line, end), { maxLength: 12 }), (drawn) => {
        // No place is named twice, so each location is a line of its own.
        const texts = drawn.map(([text], n) => (text === '!good' ? `${100 + n},A` : text));
        const { locations, badLines, blankRows } = read(HEADER + drawn.map(([, tail], n) => texts[n] + tail).join(''));
        assert.equal(locations.length + badLines.length + blankRows, texts.filter((text) => text !== '').length);
        assert.equal(locations.length, drawn.filter(([text]) => text === '!good').length);
      }),
    );
  });

  it('reads the places that come with the project without a bad line', () => {
    const { locations, badLines } = readReference(
      readFileSync(new URL('../../../../hadoop-compose/cameras/places.csv', import.meta.url)),
    );
    assert.equal(badLines.length, 0);
    assert.ok(locations.length >= 400);
  });
});

describe('the places of a system that is started on this machine', () => {
  it('are refused with every bad line before anything is started, and given to the cameras as they read them', (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'places-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'places.csv');
    assert.throws(() => readPlaces(file), { exitCode: 2, message: /cannot be read/ });
    writeFileSync(file, 'geographical_location_oid;geographical_location\nx;A\n2;B, "C"\n');
    assert.throws(() => readPlaces(file), { exitCode: 4, message: /places\.csv:2: geographical_location_oid is "x"/ });
    writeFileSync(file, 'geographical_location_oid;geographical_location\n2;B, C\n3;"say ""D"""\n');
    const cameras = writePlaces(readPlaces(file));
    assert.deepEqual(readReference(readFileSync(cameras.file)).locations, readPlaces(file).locations);
    cameras.remove();
    assert.equal(readPlaces().isChosen, false);
  });
});
