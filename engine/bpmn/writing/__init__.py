"""Writes what an owner says about elements into the owner's own file; every other byte of it stays as it is."""

from engine.bpmn.writing.files import apply_properties, apply_to_files, process_ids
from engine.bpmn.writing.refusals import ElementNotInFile, PropertyTooLong

__all__ = ["ElementNotInFile", "PropertyTooLong", "apply_properties", "apply_to_files", "process_ids"]
