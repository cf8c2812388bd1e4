//! What words mean to the shop, and what speaks for a product, in a form of lines.

use super::{HERE, SearchWords, after_saving, revision_of, seen};
use crate::console::form::Fields;
use crate::console::session::Session;
use crate::console::{Language, answer, refusal};
use crate::search;
use crate::{State, store_error};
use axum::Form as Sent;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};
use std::collections::BTreeMap;
use stoa_domain::search::{MeritWeights, SearchSettings, Vocabulary};
use stoa_endpoint::ApiError;
use stoa_storage::Revision;

struct Shown {
    draft: SearchSettings,
    revision: Option<Revision>,
    /// First parts of the shop's locales, and those that the draft has besides.
    languages: Vec<String>,
}

pub(crate) async fn page(Shared(state): Shared<State>, Session(grant): Session, language: Language) -> Response {
    let read = async {
        grant.require("settings:read")?;
        shown(&state).await
    };
    match read.await {
        Ok(shown) => render(&language, StatusCode::OK, &shown, &[]),
        Err(error) => refusal(&language, HERE, &error),
    }
}

pub(crate) async fn save(
    Shared(state): Shared<State>,
    Session(grant): Session,
    language: Language,
    Sent(fields): Sent<Fields>,
) -> Response {
    let done = async {
        grant.require("settings:write")?;
        let mut shown = shown(&state).await?;
        shown.draft.vocabulary = vocabulary(&fields, &shown.languages);
        shown.draft.merit = merit(&fields)?;
        let own = shown.draft.vocabulary.validate();
        if !own.is_empty() {
            let wrong: Vec<String> = own.iter().map(ToString::to_string).collect();
            return Ok(render(&language, StatusCode::UNPROCESSABLE_ENTITY, &shown, &wrong));
        }
        match search::put_draft(&state.store, shown.draft.clone(), seen(&fields)).await {
            Ok(_) => Ok(after_saving(None)),
            Err(error) if error.code == "revision_conflict" => {
                let wrong = [language.words.search.changed_meanwhile.to_owned()];
                Ok(render(&language, StatusCode::CONFLICT, &shown, &wrong))
            }
            Err(error) => Err(error),
        }
    };
    done.await.unwrap_or_else(|error: ApiError| refusal(&language, HERE, &error))
}

async fn shown(state: &State) -> Result<Shown, ApiError> {
    let (draft, revision) = search::draft(&state.store).await?;
    let shop = state.store.shop().settings().await.map_err(store_error)?;
    let locales = shop.map(|read| read.value.locales).unwrap_or_default();
    let mut languages: Vec<String> = locales.iter().map(|locale| locale.language().to_owned()).collect();
    let words = &draft.vocabulary;
    let others = words.synonyms.keys().chain(words.one_way.keys()).chain(words.stop_words.keys());
    languages.extend(others.cloned());
    languages.sort();
    languages.dedup();
    Ok(Shown { draft, revision, languages })
}

fn list(text: &str) -> Vec<String> {
    text.split([',', '，', '、']).map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn vocabulary(fields: &Fields, languages: &[String]) -> Vocabulary {
    let mut words = Vocabulary { own_only: fields.contains_key("own_only"), ..Vocabulary::default() };
    for language in languages {
        let lines = |name: &str| {
            let text = fields.get(&format!("{name}.{language}")).map(String::as_str).unwrap_or_default();
            text.lines().map(str::trim).filter(|line| !line.is_empty())
        };
        let synonyms: Vec<Vec<String>> = lines("synonyms").map(list).collect();
        let mut one_way: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for line in lines("one_way") {
            let (typed, found) = line.split_once(['>', '＞', '→']).unwrap_or((line, ""));
            one_way.entry(typed.trim().to_owned()).or_default().extend(list(found));
        }
        let stop_words: Vec<String> = lines("stop_words").flat_map(list).collect();
        if !synonyms.is_empty() {
            words.synonyms.insert(language.clone(), synonyms);
        }
        if !one_way.is_empty() {
            words.one_way.insert(language.clone(), one_way);
        }
        if !stop_words.is_empty() {
            words.stop_words.insert(language.clone(), stop_words);
        }
    }
    words
}

fn merit(fields: &Fields) -> Result<MeritWeights, ApiError> {
    let weight = |name: &str| {
        let text = fields.get(name).map(|text| text.trim()).filter(|text| !text.is_empty()).unwrap_or("0");
        let rule = || ApiError::bad_request("invalid_weight", format!("{name} must be 0 to 100 percent, got {text:?}"));
        text.parse::<u8>().map_err(|_| rule()).and_then(|weight| if weight <= 100 { Ok(weight) } else { Err(rule()) })
    };
    Ok(MeritWeights { sales: weight("sales")?, stock: weight("stock")?, age: weight("age")? })
}

fn render(language: &Language, status: StatusCode, shown: &Shown, wrong: &[String]) -> Response {
    let words = language.words.search;
    let here = format!("{HERE}/words");
    let content = html! {
        p.crumbs { a href=(HERE) { (words.search) } }
        h1 { (words.words) }
        @if !wrong.is_empty() { div.notice.alarm role="alert" { @for wrong in wrong { p { (wrong) } } } }
        form.stack method="post" action=(here) {
            input type="hidden" name="revision" value=(revision_of(shown.revision));
            @for language in &shown.languages { (of_language(words, language, &shown.draft.vocabulary)) }
            label.flag {
                input type="checkbox" name="own_only" value="1" checked[shown.draft.vocabulary.own_only];
                (words.own_only)
            }
            (weights(words, shown.draft.merit))
            button { (words.save) }
        }
    };
    answer(status, language, &here, words.words, content)
}

fn of_language(words: &SearchWords, language: &str, vocabulary: &Vocabulary) -> Markup {
    let synonyms = vocabulary.synonyms.get(language).into_iter().flatten().map(|group| group.join(", "));
    let one_way = vocabulary.one_way.get(language).into_iter().flatten();
    let one_way = one_way.map(|(typed, found)| format!("{typed} > {}", found.join(", ")));
    let stop_words = vocabulary.stop_words.get(language).map(|all| all.join(", ")).unwrap_or_default();
    html! {
        fieldset lang=(language) {
            legend { (language) }
            @for (name, label, text) in [
                ("synonyms", words.synonyms, synonyms.collect::<Vec<_>>().join("\n")),
                ("one_way", words.one_way, one_way.collect::<Vec<_>>().join("\n")),
                ("stop_words", words.stop_words, stop_words),
            ] {
                div.field {
                    label for={ (name) "." (language) } { (label) }
                    textarea id={ (name) "." (language) } name={ (name) "." (language) } rows="4" { (text) }
                }
            }
        }
    }
}

fn weights(words: &SearchWords, merit: MeritWeights) -> Markup {
    html! {
        fieldset {
            legend { (words.weights) }
            p.help { (words.weights_help) }
            @for (name, label, weight) in
                [("sales", words.sales, merit.sales), ("stock", words.stock, merit.stock), ("age", words.age, merit.age)] {
                div.field {
                    label for=(name) { (label) }
                    input type="number" id=(name) name=(name) min="0" max="100" value=(weight);
                }
            }
        }
    }
}
