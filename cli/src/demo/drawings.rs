//! One small function a kind of thing. Each draws on a [`Canvas`] in the frame that [`super::paint`] describes.

mod bath;
mod desk;
mod furniture;
mod kitchen;
mod lighting;
mod pattern;
mod table;
mod textiles;

use super::paint::{Canvas, Colour};
pub(crate) use pattern::Pattern;

/// How one product differs from the next of its kind.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look {
    pub(crate) colour: Colour,
    /// Second colour: stripes, glaze, lining, a candle's lid.
    pub(crate) accent: Colour,
    pub(crate) wood: Colour,
    pub(crate) metal: Colour,
    pub(crate) pattern: Pattern,
    /// Height and width against the kind's own proportions, 1.0 for as drawn.
    pub(crate) tall: f32,
    pub(crate) wide: f32,
    pub(crate) seed: u32,
}

/// How a thing meets the room, which decides its shadow and where it is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stance {
    Stands,
    /// On the wall, y = 0 at its lower edge.
    Hangs,
    /// Flat on the ground seen from above: no wall behind it.
    Lies,
}

pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) stance: Stance,
    /// How large the standing thing is drawn on the mat.
    pub(crate) scale: f32,
    pub(crate) draw: fn(&mut Canvas, &Look),
}

macro_rules! kinds {
    ($($stance:ident $module:ident { $($name:ident $scale:literal),* $(,)? })*) => {
        pub(crate) const KINDS: &[Kind] = &[$($(
            Kind { name: stringify!($name), stance: Stance::$stance, scale: $scale, draw: $module::$name },
        )*)*];
    };
}

kinds! {
    Stands table { mug 1.5, cup 1.5, tumbler 1.45, goblet 1.3, carafe 1.25, jug 1.3, teapot 1.25, bowl 1.4, plates 1.3, canister 1.4, vase 1.15, candle 1.6, lantern 1.2, planter 1.2 }
    Stands kitchen { casserole 1.3, kettle 1.3, mill 1.35, utensils 1.1, tray 1.35, bread_bin 1.25 }
    Lies kitchen { board 1.12, knife 1.1, pan 1.1, cutlery 1.12, trowel 1.15 }
    Stands lighting { table_lamp 1.25, floor_lamp 1.08, desk_lamp 1.25 }
    Hangs lighting { pendant 1.15 }
    Stands textiles { throw 1.4, cushion 1.45, bedding 1.35, towels 1.4, pillow 1.25 }
    Lies textiles { rug 1.1, napkins 1.35, runner 1.05 }
    Hangs textiles { tea_towel 1.15, apron 1.1, robe 1.1 }
    Stands furniture { chair 1.12, stool 1.3, side_table 1.25, bench 1.2, shelf 1.05, basket 1.4, toy_crate 1.35 }
    Stands bath { dispenser 1.4, soap 1.45, diffuser 1.25, brush 1.15, watering_can 1.2 }
    Stands desk { bookends 1.45, tray_stack 1.4 }
    Lies desk { notebook 1.1, pen_tray 1.1, desk_mat 1.12 }
    Hangs desk { clock 1.15, mirror 1.15, hooks 1.15 }
}

pub(crate) fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}
