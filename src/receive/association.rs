//! One association as SCP: negotiation and the state of the dialogue.
