//! What every drawing is made with: colours, a canvas that collects SVG, and turned ("lathe") bodies.
//!
//! An object stands on y = 0 with x = 0 in its middle; up is negative. One unit is one pixel of an 800 × 1000 picture.

use std::fmt::{self, Write};

/// How round things seen slightly from above flatten: an ellipse's height over its width.
pub(crate) const TILT: f32 = 0.13;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Colour(pub(crate) u8, pub(crate) u8, pub(crate) u8);

impl Colour {
    pub(crate) const WHITE: Colour = Colour(255, 252, 246);
    pub(crate) const INK: Colour = Colour(43, 38, 36);

    /// `#c2a27c`; None for anything else.
    pub(crate) fn parse(hex: &str) -> Option<Self> {
        let digits = hex.strip_prefix('#').filter(|d| d.len() == 6 && d.is_ascii())?;
        let channel = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).ok();
        Some(Self(channel(0)?, channel(2)?, channel(4)?))
    }
    /// `share` 0 is all of `self`, 1 all of `other`.
    pub(crate) fn mix(self, other: Colour, share: f32) -> Self {
        let blend = |a: u8, b: u8| (f32::from(a) + (f32::from(b) - f32::from(a)) * share).round() as u8;
        Self(blend(self.0, other.0), blend(self.1, other.1), blend(self.2, other.2))
    }
    pub(crate) fn light(self, share: f32) -> Self {
        self.mix(Self::WHITE, share)
    }
    /// Towards a warm shadow rather than black.
    pub(crate) fn dark(self, share: f32) -> Self {
        self.mix(Colour(38, 30, 34), share)
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

/// A small repeatable sequence of numbers in 0..1, for speckles and weave: the same product always looks the same.
pub(crate) struct Grain(u32);

impl Grain {
    pub(crate) fn new(seed: u32) -> Self {
        Self(seed.wrapping_mul(2_654_435_761).wrapping_add(97))
    }
    pub(crate) fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) as f32 / (1 << 24) as f32
    }
    pub(crate) fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.next()
    }
}

#[derive(Default)]
pub(crate) struct Canvas {
    defs: String,
    body: String,
    next_id: usize,
}

impl Canvas {
    fn id(&mut self) -> String {
        self.next_id += 1;
        format!("g{}", self.next_id)
    }

    /// A linear gradient over the filled shape's box, from (x1, y1) to (x2, y2) in 0..1; stops are (offset, colour, opacity).
    pub(crate) fn gradient(&mut self, (x1, y1, x2, y2): (f32, f32, f32, f32), stops: &[(f32, Colour, f32)]) -> String {
        let id = self.id();
        let stops = stops_svg(stops);
        let _ = write!(
            self.defs,
            r#"<linearGradient id="{id}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}">{stops}</linearGradient>"#
        );
        format!("url(#{id})")
    }
    pub(crate) fn radial(&mut self, stops: &[(f32, Colour, f32)]) -> String {
        let id = self.id();
        let stops = stops_svg(stops);
        let _ = write!(self.defs, r#"<radialGradient id="{id}">{stops}</radialGradient>"#);
        format!("url(#{id})")
    }
    /// The shading of an upright round body lit from the upper left.
    pub(crate) fn round(&mut self, c: Colour) -> String {
        self.gradient(
            (0.0, 0.0, 1.0, 0.08),
            &[
                (0.0, c.dark(0.12), 1.0),
                (0.1, c.light(0.04), 1.0),
                (0.3, c.light(0.22), 1.0),
                (0.55, c, 1.0),
                (0.88, c.dark(0.30), 1.0),
                (1.0, c.dark(0.22), 1.0),
            ],
        )
    }
    /// The shading of a flat thing facing us, lit from the upper left.
    pub(crate) fn flat(&mut self, c: Colour) -> String {
        self.gradient((0.0, 0.0, 0.8, 1.0), &[(0.0, c.light(0.12), 1.0), (0.5, c, 1.0), (1.0, c.dark(0.14), 1.0)])
    }
    pub(crate) fn metal(&mut self, c: Colour) -> String {
        self.gradient(
            (0.0, 0.0, 1.0, 0.0),
            &[
                (0.0, c.dark(0.35), 1.0),
                (0.2, c.light(0.55), 1.0),
                (0.38, c, 1.0),
                (0.7, c.dark(0.35), 1.0),
                (0.9, c.light(0.18), 1.0),
                (1.0, c.dark(0.2), 1.0),
            ],
        )
    }

    pub(crate) fn path(&mut self, d: &str, fill: impl fmt::Display) {
        let _ = write!(self.body, r#"<path d="{d}" fill="{fill}"/>"#);
    }
    pub(crate) fn line(&mut self, d: &str, stroke: impl fmt::Display, width: f32) {
        let _ = write!(
            self.body,
            r#"<path d="{d}" fill="none" stroke="{stroke}" stroke-width="{width}" stroke-linecap="round" stroke-linejoin="round"/>"#
        );
    }
    pub(crate) fn ellipse(&mut self, cx: f32, cy: f32, rx: f32, ry: f32, fill: impl fmt::Display) {
        let _ = write!(self.body, r#"<ellipse cx="{cx}" cy="{cy}" rx="{rx}" ry="{ry}" fill="{fill}"/>"#);
    }
    pub(crate) fn rect(&mut self, (x, y, w, h): (f32, f32, f32, f32), radius: f32, fill: impl fmt::Display) {
        let _ = write!(self.body, r#"<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="{radius}" fill="{fill}"/>"#);
    }
    /// Draws `inside` within a group that carries `attributes` (`opacity="0.4"`, `transform="…"`).
    pub(crate) fn group(&mut self, attributes: &str, inside: impl FnOnce(&mut Canvas)) {
        let _ = write!(self.body, "<g {attributes}>");
        inside(self);
        self.body.push_str("</g>");
    }
    /// Draws `inside`, keeping only what falls within the path `d`.
    pub(crate) fn clip(&mut self, d: &str, inside: impl FnOnce(&mut Canvas)) {
        let id = self.id();
        let _ = write!(self.defs, r#"<clipPath id="{id}"><path d="{d}"/></clipPath>"#);
        self.group(&format!(r#"clip-path="url(#{id})""#), inside);
    }

    /// The whole picture, `width` × `height` units.
    pub(crate) fn finish(self, width: u32, height: u32) -> String {
        format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"><defs>{}</defs>{}</svg>"#,
            self.defs, self.body
        )
    }
}

fn stops_svg(stops: &[(f32, Colour, f32)]) -> String {
    stops
        .iter()
        .map(|(at, colour, opacity)| format!(r#"<stop offset="{at}" stop-color="{colour}" stop-opacity="{opacity}"/>"#))
        .collect()
}

/// A smooth curve through `points` (Catmull–Rom as cubic Béziers), without the leading `M`.
pub(crate) fn smooth(points: &[(f32, f32)]) -> String {
    let mut d = String::new();
    for i in 0..points.len().saturating_sub(1) {
        let (p0, p1, p2) = (points[i.saturating_sub(1)], points[i], points[i + 1]);
        let p3 = points[(i + 2).min(points.len() - 1)];
        let (ax, ay) = (p1.0 + (p2.0 - p0.0) / 6.0, p1.1 + (p2.1 - p0.1) / 6.0);
        let (bx, by) = (p2.0 - (p3.0 - p1.0) / 6.0, p2.1 - (p3.1 - p1.1) / 6.0);
        let _ = write!(d, "C{ax:.1} {ay:.1} {bx:.1} {by:.1} {:.1} {:.1}", p2.0, p2.1);
    }
    d
}

/// The outline of a turned body. `profile` runs from the rim down to the foot: (radius, y).
pub(crate) fn turned(profile: &[(f32, f32)]) -> String {
    let left: Vec<_> = profile.iter().map(|&(r, y)| (-r, y)).collect();
    let right: Vec<_> = profile.iter().rev().copied().collect();
    let ((top_r, top_y), (foot_r, _)) = (profile[0], profile[profile.len() - 1]);
    format!(
        "M{} {top_y}{}A{foot_r} {} 0 0 0 {foot_r} {}{}A{top_r} {} 0 0 1 {} {top_y}Z",
        -top_r,
        smooth(&left),
        foot_r * TILT,
        right[0].1,
        smooth(&right),
        top_r * TILT,
        -top_r,
    )
}

/// An axis-aligned rectangle as a path, for clips.
pub(crate) fn boxed((x, y, w, h): (f32, f32, f32, f32)) -> String {
    format!("M{x} {y}h{w}v{h}h{}Z", -w)
}
