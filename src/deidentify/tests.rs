//! What must hold of every object that is de-identified.
