"""Decision tables (DMN): read from an uploaded file, checked, and evaluated for a business rule task."""
