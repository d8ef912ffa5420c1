//! Drawings of every component.
