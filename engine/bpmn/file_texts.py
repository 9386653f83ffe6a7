"""The words of findings about files as such: their encoding, their format, archives."""

from __future__ import annotations

from collections.abc import Mapping

from engine.bpmn.finding_text import EXPORT_AGAIN, NOTHING_TO_DO, FindingText
from engine.errors import N_

FILE: Mapping[str, FindingText] = {
    "EMPTY_FILE": FindingText(N_("The file is empty."), N_("Choose the file again: perhaps it was not saved.")),
    "FILE_TOO_LARGE": FindingText(
        N_("The file is larger than %(limit)s MiB."),
        N_("Take pictures and attachments out of the map, or divide it into several maps that call each other."),
    ),
    "NOT_BPMN_ZIP": FindingText(
        N_("This is a packed file (such as .vsdx, .docx or a zip), not a BPMN diagram."),
        N_("Export the map as BPMN 2.0 (.bpmn), or upload a zip that holds .bpmn files."),
    ),
    "NOT_BPMN_VISIO": FindingText(
        N_("This is a Visio drawing, not BPMN."),
        N_("In Visio choose File → Export → BPMN, or draw the map anew in the editor."),
    ),
    "NOT_BPMN_DRAWIO": FindingText(
        N_("This is a draw.io drawing: it shows boxes, but does not say which of them are steps."),
        N_("Draw the map in a BPMN tool, for example in the editor here, and upload the .bpmn file."),
    ),
    "NOT_BPMN_PICTURE": FindingText(
        N_("This is a picture or a PDF: people can look at it, but no steps can be read from it."),
        N_("Export the map as BPMN 2.0 (.bpmn) from the program where it was drawn, or draw it anew in the editor."),
    ),
    "NOT_BPMN_TEXT": FindingText(
        N_("There is no BPMN diagram in this file."),
        N_("Choose the .bpmn file that your BPMN tool has exported, or draw the map in the editor."),
    ),
    "NOT_BPMN_XPDL": FindingText(
        N_("This is an XPDL file, not BPMN 2.0."), N_("Export the map from your tool as BPMN 2.0.")
    ),
    "NOT_BPMN": FindingText(
        N_("This is XML, but not BPMN 2.0: its root is “%(root)s” of the namespace “%(namespace)s”."), EXPORT_AGAIN
    ),
    "XML_NOT_WELLFORMED": FindingText(
        N_("The file is damaged at this line, at character %(column)s: %(problem)s."),
        N_("Export the map again. If it was edited by hand, mend the line named here."),
    ),
    "XML_ENCODING": FindingText(
        N_("The text encoding “%(encoding)s” cannot be read."), N_("Save the file in UTF-8 and upload it again.")
    ),
    "XML_ENTITY": FindingText(
        N_("The file declares XML entities, which can be used for attacks and are never needed in a map."),
        N_("Remove the DOCTYPE part from the file, or export the map again."),
    ),
    "XML_DOCTYPE": FindingText(
        N_("The file has a DOCTYPE part, which can be used for attacks and is never needed in a map."),
        N_("Remove the DOCTYPE part from the file, or export the map again."),
    ),
    "XML_TOO_COMPLEX": FindingText(
        N_("The file is too complex: %(what)s is more than %(limit)s."),
        N_("Divide the map into several maps that call each other."),
    ),
    "XML_ENCODING_REPAIRED": FindingText(
        N_("The file says that it is in %(declared)s, but it is not; it was read as %(used)s."),
        N_("Check that names with special letters are right."),
    ),
    "XML_PREFIX_DECLARED": FindingText(
        N_("The prefixes %(prefixes)s were not declared in the file; their usual meaning was taken."), NOTHING_TO_DO
    ),
    "XML_NAMESPACE_REPAIRED": FindingText(
        N_("A namespace name in the file holds spaces; it was repaired while reading."), NOTHING_TO_DO
    ),
    "NAMESPACE_OLD": FindingText(N_("The file uses a draft of BPMN 2.0; it was read as the standard."), NOTHING_TO_DO),
    "DEFINITIONS_WRAPPED": FindingText(
        N_("The diagram stands inside another document (“%(root)s”); it was taken out."), NOTHING_TO_DO
    ),
    "COMPILE_FAILED": FindingText(
        N_("The map could not be read because of a mistake of ours."), N_("Send the file to the administrator.")
    ),
    "COMPILE_LIMIT": FindingText(
        N_("Reading the map took too much time or memory and was stopped."),
        N_("Divide the map into several maps that call each other, or export it again from your tool."),
    ),
}

ARCHIVE: Mapping[str, FindingText] = {
    "ZIP_TOO_LARGE": FindingText(
        N_("The archive is larger than %(limit)s MiB."), N_("Upload only the .bpmn files, or several smaller archives.")
    ),
    "ZIP_DAMAGED": FindingText(N_("The archive is damaged."), N_("Pack the files again.")),
    "ZIP_TOO_MANY_FILES": FindingText(
        N_("The archive holds more than %(limit)s files."), N_("Upload only the .bpmn files that belong together.")
    ),
    "ZIP_UNSAFE_NAME": FindingText(
        N_("The archive holds a file with an unsafe path: “%(name)s”."), N_("Pack the files again, without folders.")
    ),
    "ZIP_LINK": FindingText(
        N_("The archive holds a link instead of a file: “%(name)s”."), N_("Pack the files themselves.")
    ),
    "ZIP_ENCRYPTED": FindingText(
        N_("The archive is protected by a password."), N_("Pack the files without a password.")
    ),
    "ZIP_NESTED": FindingText(
        N_("The archive holds another archive: “%(name)s”."), N_("Unpack it and pack the .bpmn files alone.")
    ),
    "ZIP_FOREIGN_FILE": FindingText(N_("These files are no part of a map and were not read: %(name)s."), NOTHING_TO_DO),
    "ZIP_DUPLICATE": FindingText(N_("The archive holds “%(name)s” twice."), N_("Pack each file once.")),
    "ZIP_BOMB": FindingText(
        N_("“%(name)s” unpacks to far more data than a map can have."), N_("Upload the .bpmn file itself.")
    ),
    "ZIP_WITHOUT_MAP": FindingText(N_("There is no .bpmn file in the archive."), N_("Pack the .bpmn file as well.")),
}
