// Recalculates a workbook, given as JSON on standard input, with HyperFormula, and writes every formula cell's value as JSON.
// HyperFormula (GPL-3.0, or a commercial licence) is installed by .ci/run in a scratch folder; nothing of capmodel depends on it.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const { HyperFormula } = createRequire(`${process.cwd()}/`)('hyperformula')
const book = JSON.parse(readFileSync(0, 'utf-8'))
const engine = HyperFormula.buildFromSheets(book.sheets, { licenseKey: 'gpl-v3', maxRows: 100000, useArrayArithmetic: true, smartRounding: false })
const found = book.formulas.map(([sheet, row, col]) => {
  const value = engine.getCellValue({ sheet: engine.getSheetId(sheet), row, col })
  return value !== null && typeof value === 'object' ? `error ${value.value}` : value
})
process.stdout.write(JSON.stringify(found))
