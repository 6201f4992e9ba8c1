//! Apply the confidentiality profile to one header: actions, dates, UIDs, text, private blocks, markers.
