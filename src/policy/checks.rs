//! What `inspect` looks for: identifier classes, caution rules, SOP class rules; and what a route does about them.
