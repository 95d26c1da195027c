//! Flows of the IVR as data: model, linter, interpreter, spoken numbers.
