//! Stoa's own demo shop: bilingual home goods (`cli/demo/*.toml`) with pictures drawn by code.

pub(crate) mod catalogue;
pub(crate) mod drawings;
pub(crate) mod export;
pub(crate) mod paint;
mod promotions;
mod reviews;
pub(crate) mod scene;
pub(crate) mod seed;
pub(crate) mod shop;
#[cfg(test)]
mod tests;

pub(crate) use seed::seed;
