//! Where things are shown: a limestone mat with arcade light, an arched niche, and a close view.

use super::drawings::{Kind, Look, Stance};
use super::paint::{Canvas, Colour};

pub(crate) const WIDTH: u32 = 800;
pub(crate) const HEIGHT: u32 = 1000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum View {
    Mat,
    Niche,
    Detail,
}

const STONE: Colour = Colour(224, 214, 197);
const SUN: Colour = Colour(255, 246, 224);

/// The SVG of one picture.
pub(crate) fn picture(kind: &Kind, look: &Look, view: View) -> String {
    let mut c = Canvas::default();
    match view {
        View::Mat => mat(&mut c, kind, look),
        View::Niche => niche(&mut c, kind, look),
        View::Detail => detail(&mut c, kind, look),
    }
    c.finish(WIDTH, HEIGHT)
}

fn backdrop(c: &mut Canvas, wall: Colour, floor_at: f32) {
    let plaster = c
        .gradient((0.0, 0.0, 0.3, 1.0), &[(0.0, wall.light(0.34), 1.0), (0.6, wall, 1.0), (1.0, wall.dark(0.05), 1.0)]);
    c.rect((0.0, 0.0, 800.0, 1000.0), 0.0, plaster);
    if floor_at < 1000.0 {
        let floor = c.gradient(
            (0.0, 0.0, 0.0, 1.0),
            &[(0.0, wall.dark(0.09), 1.0), (0.12, wall.light(0.1), 1.0), (1.0, wall.light(0.3), 1.0)],
        );
        c.rect((0.0, floor_at, 800.0, 1000.0 - floor_at), 0.0, floor);
    }
}

/// Sun through an arcade: slanted arches of light on the wall, drawn out along the floor.
fn arcade_light(c: &mut Canvas, floor_at: f32, opacity: f32) {
    let wall = c.gradient((0.0, 0.0, 0.0, 1.0), &[(0.0, SUN, opacity), (1.0, SUN, opacity * 0.72)]);
    let floor = c.gradient((0.0, 0.0, 0.0, 1.0), &[(0.0, SUN, opacity * 0.8), (1.0, SUN, 0.0)]);
    for x in [-150.0, 190.0, 530.0] {
        let foot = floor_at.min(1000.0);
        c.group(&format!(r#"transform="translate({x} {foot}) skewX(-14)""#), |c| {
            c.path("M0 0V-420A130 150 0 0 1 260-420V0Z", &wall);
        });
        c.group(&format!(r#"transform="translate({x} {foot}) skewX(34)""#), |c| {
            c.path("M0 0H260V320H0Z", &floor);
        });
    }
}

/// A pool of shade where the thing stands, and a long soft one the sun throws to the right.
fn ground_shadow(c: &mut Canvas, cx: f32, y: f32, reach: f32) {
    let shade = Colour(74, 58, 52);
    let long = c.radial(&[(0.0, shade, 0.30), (0.55, shade, 0.13), (1.0, shade, 0.0)]);
    c.group(&format!(r#"transform="translate({} {}) skewX(-38)""#, cx + reach * 0.42, y + 6.0), |c| {
        c.ellipse(0.0, 0.0, reach * 1.2, reach * 0.2, long);
    });
    let near = c.radial(&[(0.0, shade, 0.58), (0.6, shade, 0.3), (1.0, shade, 0.0)]);
    c.ellipse(cx + 8.0, y + 3.0, reach * 0.96, reach * 0.11, near);
}

fn place(c: &mut Canvas, kind: &Kind, look: &Look, (x, y): (f32, f32), scale: f32) {
    c.group(&format!(r#"transform="translate({x} {y}) scale({scale})""#), |c| (kind.draw)(c, look));
}

/// A soft copy of the thing's outline on the wall or ground behind it.
fn cast(c: &mut Canvas, kind: &Kind, look: &Look, (x, y): (f32, f32), scale: f32) {
    let shade = Colour(74, 58, 52);
    let dim = Look {
        colour: shade,
        accent: shade,
        wood: shade,
        metal: shade,
        pattern: super::drawings::Pattern::Plain,
        ..*look
    };
    for (dx, dy, opacity) in [(10.0, 14.0, 0.13), (20.0, 26.0, 0.09)] {
        c.group(&format!(r#"opacity="{opacity}""#), |c| place(c, kind, &dim, (x + dx, y + dy), scale));
    }
}

fn mat(c: &mut Canvas, kind: &Kind, look: &Look) {
    let s = kind.scale;
    match kind.stance {
        Stance::Stands => {
            backdrop(c, STONE, 690.0);
            arcade_light(c, 690.0, 0.62);
            ground_shadow(c, 400.0, 800.0, 230.0 * s);
            place(c, kind, look, (400.0, 800.0), s);
        }
        Stance::Hangs => {
            backdrop(c, STONE, 1000.0);
            arcade_light(c, 1000.0, 0.6);
            if kind.name != "pendant" {
                cast(c, kind, look, (400.0, 810.0), s);
            }
            place(c, kind, look, (400.0, 810.0), s);
        }
        Stance::Lies => {
            backdrop(c, STONE.light(0.1), 1000.0);
            arcade_light(c, 1100.0, 0.55);
            cast(c, kind, look, (400.0, 810.0), s);
            place(c, kind, look, (400.0, 810.0), s);
        }
    }
}

fn niche(c: &mut Canvas, kind: &Kind, look: &Look) {
    let wall = STONE.mix(look.colour, 0.10).dark(0.03);
    backdrop(c, wall, 1000.0);
    if kind.stance == Stance::Lies {
        // Flagstones instead of a niche, with one arch of light across.
        for (i, y) in [0.0, 250.0, 500.0, 750.0].into_iter().enumerate() {
            let shift = if i % 2 == 0 { 0.0 } else { -170.0 };
            for column in 0..4 {
                let tone = wall.dark(0.03 + 0.02 * ((i * 3 + column * 2) % 4) as f32);
                c.rect((shift + column as f32 * 340.0 + 3.0, y + 3.0, 334.0, 244.0), 5.0, tone);
            }
        }
        c.group(r#"opacity="0.7""#, |c| arcade_light(c, 1080.0, 0.62));
        cast(c, kind, look, (392.0, 800.0), 0.92 * kind.scale);
        c.group(r#"transform="rotate(-5 400 500)""#, |c| place(c, kind, look, (392.0, 800.0), 0.92 * kind.scale));
        return;
    }
    let arch = "M130 860V420A270 290 0 0 1 670 420V860Z";
    // Voussoirs round the arch, then the deep of the niche, lit from the left.
    let jamb = c.gradient(
        (0.0, 0.0, 1.0, 0.3),
        &[(0.0, wall.dark(0.16), 1.0), (0.5, wall.light(0.3), 1.0), (1.0, wall.light(0.5), 1.0)],
    );
    c.path("M88 860V420A312 334 0 0 1 712 420V860Z", jamb);
    c.group(r#"opacity="0.5""#, |c| {
        for i in 0..=10 {
            let (sin, cos) = (std::f32::consts::PI * (i as f32 / 10.0)).sin_cos();
            let d = format!(
                "M{} {}L{} {}",
                400.0 - 270.0 * cos,
                420.0 - 290.0 * sin,
                400.0 - 312.0 * cos,
                420.0 - 334.0 * sin
            );
            c.line(&d, wall.dark(0.22), 2.0);
        }
    });
    let deep = wall.mix(look.colour, 0.16);
    let hollow = c.gradient(
        (0.0, 0.0, 1.0, 0.2),
        &[
            (0.0, deep.dark(0.42), 1.0),
            (0.3, deep.dark(0.24), 1.0),
            (0.75, deep.dark(0.10), 1.0),
            (1.0, deep.light(0.1), 1.0),
        ],
    );
    c.path(arch, hollow);
    c.clip(arch, |c| {
        let top = c.gradient((0.0, 0.0, 0.0, 1.0), &[(0.0, deep.dark(0.6), 0.5), (0.5, deep, 0.0)]);
        c.rect((130.0, 120.0, 540.0, 740.0), 0.0, top);
        c.group(r#"transform="translate(330 860) skewX(-14)""#, |c| {
            let beam = c.gradient((0.0, 0.0, 0.0, 1.0), &[(0.0, SUN, 0.34), (1.0, SUN, 0.22)]);
            c.path("M0 0V-400A120 140 0 0 1 240-400V0Z", beam);
        });
    });
    // The sill.
    let sill = c.gradient(
        (0.0, 0.0, 0.0, 1.0),
        &[
            (0.0, wall.light(0.55), 1.0),
            (0.16, wall.light(0.3), 1.0),
            (0.18, wall.dark(0.08), 1.0),
            (1.0, wall.dark(0.2), 1.0),
        ],
    );
    c.rect((60.0, 848.0, 680.0, 92.0), 3.0, sill);
    let s = kind.scale * 0.74;
    if kind.stance == Stance::Hangs {
        if kind.name != "pendant" {
            cast(c, kind, look, (400.0, 720.0), s * 0.92);
        }
        c.clip("M130 860V420A270 290 0 0 1 670 420V860Z", |c| place(c, kind, look, (400.0, 720.0), s * 0.92));
    } else {
        ground_shadow(c, 400.0, 860.0, 210.0 * s);
        place(c, kind, look, (400.0, 860.0), s);
    }
}

fn detail(c: &mut Canvas, kind: &Kind, look: &Look) {
    let ground = STONE.mix(look.colour, 0.30).light(0.12);
    backdrop(c, ground, if kind.stance == Stance::Stands { 850.0 } else { 1000.0 });
    arcade_light(c, 860.0, 0.42);
    let s = kind.scale * 1.4;
    let at = match kind.stance {
        Stance::Stands => (440.0, 960.0),
        _ => (330.0, 1180.0),
    };
    if kind.stance == Stance::Stands {
        ground_shadow(c, at.0, at.1, 230.0 * s);
    } else {
        cast(c, kind, look, at, s);
    }
    place(c, kind, look, at, s);
}
