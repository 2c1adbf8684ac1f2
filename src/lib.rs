//! adf
