"""Writes what an owner says about elements into the owner's own file; every other byte of it stays as it is."""

from engine.bpmn.writing.files import apply_properties, apply_to_files, process_ids
from engine.bpmn.writing.refusals import ElementNotInFile, PropertyTooLong
from engine.bpmn.writing.tables import (
    PlacedTable,
    TableColumn,
    TableNotAsRead,
    TableRow,
    WrittenTable,
    tables_in,
    write_table,
)

__all__ = [
    "ElementNotInFile",
    "PlacedTable",
    "PropertyTooLong",
    "TableColumn",
    "TableNotAsRead",
    "TableRow",
    "WrittenTable",
    "apply_properties",
    "apply_to_files",
    "process_ids",
    "tables_in",
    "write_table",
]
