"""A folder of Bicep, each file read once; a test may change a file without writing it."""

from collections.abc import Mapping
from pathlib import Path

from tests.support.bicep.findings import Findings
from tests.support.bicep.templates import Template, template_of


class Project:
    """The files under `folder`; `instead` gives other text for some of them, by their name in the folder."""

    def __init__(self, folder: Path, instead: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.findings = Findings(folder)
        self._instead = {folder / name: text for name, text in (instead or {}).items()}
        self._templates: dict[Path, Template] = {}

    def text_of(self, path: Path) -> str | None:
        if path in self._instead:
            return self._instead[path]
        return path.read_text() if path.is_file() else None

    def template(self, path: Path) -> Template | None:
        """Give the file as it is declared; None when there is no such file."""
        if path not in self._templates:
            text = self.text_of(path)
            if text is None:
                return None
            self._templates[path] = template = template_of(path, text, self.findings)
            self._bring_in_types(template)
        return self._templates[path]

    def _bring_in_types(self, template: Template) -> None:
        for name, (_, file) in template.imports.items():
            source = self.template(self.beside(template, file))
            if source is not None and name in source.declared and source.declared[name].kind == "type":
                template.shapes[name] = source.shape_of_type(name)

    def templates(self) -> list[Template]:
        found = [self.template(path) for path in sorted(self.folder.rglob("*.bicep"))]
        return [template for template in found if template is not None]

    def beside(self, template: Template, file: str) -> Path:
        return (template.path.parent / file).resolve()
