//! The types that plugins in TypeScript are written against are made of the contract: `STOA_WRITE_TYPES=1` writes them anew.

use std::fmt::Write;
use std::path::Path;
use wit_parser::{Docs, Field, Resolve, Type, TypeDefKind};

const FILE: &str = "../typescript/contract.ts";
/// What the host gives and reads by itself: the settings are an argument of their own, the answer is `Answer`.
const TOLD_APART: [&str; 1] = ["settings"];

#[test]
fn the_types_of_the_npm_package_are_those_of_the_contract() {
    let wanted = typescript();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    if std::env::var_os("STOA_WRITE_TYPES").is_some() {
        std::fs::write(&file, &wanted).unwrap();
    }
    let is = std::fs::read_to_string(&file).unwrap();
    assert!(is == wanted, "{FILE} is not what plugins/wit says: STOA_WRITE_TYPES=1 writes it");
}

fn typescript() -> String {
    let mut resolve = Resolve::default();
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit/promotion.wit");
    resolve.push_file(wit).unwrap();
    let discounts = resolve.interfaces.iter().find(|(_, i)| i.name.as_deref() == Some("discounts")).unwrap().1;
    let mut text = "// Made of plugins/wit/promotion.wit by the runtime's tests: do not edit.\n".to_owned();
    text.push_str("// Amounts are minor units (fen, cents) of the cart's currency; whole numbers everywhere.\n");
    for (name, id) in &discounts.types {
        let of = &resolve.types[*id];
        text.push('\n');
        doc(&mut text, &of.docs, "");
        match &of.kind {
            TypeDefKind::Record(record) => {
                writeln!(text, "export interface {} {{", pascal(name)).unwrap();
                fields(&mut text, &resolve, &record.fields, "  ");
                text.push_str("}\n");
            }
            TypeDefKind::Variant(variant) => {
                write!(text, "export type {} =", pascal(name)).unwrap();
                for case in &variant.cases {
                    text.push('\n');
                    doc(&mut text, &case.docs, "  ");
                    let tag = case.name.replace('-', "_");
                    let said = if name == "operation" {
                        operation(&resolve, &tag, case.ty.as_ref().unwrap())
                    } else {
                        format!("{{ {tag}: {} }}", ty(&resolve, case.ty.as_ref().unwrap()))
                    };
                    write!(text, "  | {said}").unwrap();
                }
                text.push_str(";\n");
            }
            other => panic!("{name}: {other:?} has no words in TypeScript here"),
        }
    }
    text
}

fn fields(text: &mut String, resolve: &Resolve, fields: &[Field], indent: &str) {
    for field in fields.iter().filter(|field| !TOLD_APART.contains(&field.name.as_str())) {
        doc(text, &field.docs, indent);
        writeln!(text, "{indent}{}: {};", field.name.replace('-', "_"), ty(resolve, &field.ty)).unwrap();
    }
}

/// A kind beside its record's fields, as the domain reads it.
fn operation(resolve: &Resolve, tag: &str, of: &Type) -> String {
    match of {
        Type::String if tag == "message" => format!("{{ kind: \"{tag}\"; text: string }}"),
        Type::String => format!("{{ kind: \"{tag}\"; code: string }}"),
        other => format!("({{ kind: \"{tag}\" }} & {})", ty(resolve, other)),
    }
}

fn ty(resolve: &Resolve, of: &Type) -> String {
    match of {
        Type::String => "string".to_owned(),
        Type::U32 | Type::S64 => "number".to_owned(),
        Type::Id(id) => match (&resolve.types[*id].kind, &resolve.types[*id].name) {
            (_, Some(name)) => pascal(name),
            (TypeDefKind::Option(of), None) => format!("{} | null", ty(resolve, of)),
            (TypeDefKind::List(of), None) => format!("{}[]", ty(resolve, of)),
            (other, None) => panic!("{other:?} has no words in TypeScript here"),
        },
        other => panic!("{other:?} has no words in TypeScript here"),
    }
}

fn doc(text: &mut String, docs: &Docs, indent: &str) {
    if let Some(said) = &docs.contents {
        let said: Vec<&str> = said.lines().map(str::trim).collect();
        writeln!(text, "{indent}/** {} */", said.join(" ")).unwrap();
    }
}

/// `line-discount` is `LineDiscount`.
fn pascal(name: &str) -> String {
    let word = |word: &str| word[..1].to_uppercase() + &word[1..];
    name.split('-').map(word).collect()
}
