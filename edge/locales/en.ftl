# What the shop itself says. Every language has the same messages; a test holds them together.
skip-to-content = Skip to content
home = Home
menu = Menu
languages = Languages
cart = Cart
cart-count-label = items
search = Search
search-label = Search the shop
search-placeholder = Search for something beautiful
search-submit = Search
all-categories = All categories
all-collections = All collections
category = Category
more = More
see-all = See all
new-arrivals = New in the shop
start-shopping = Start shopping
footer-shop = Shop
footer-policies = Help and policies
breadcrumbs = You are here
product-count = { $count ->
    [one] { $count } product
   *[other] { $count } products
}
how-it-reaches-you = How it reaches you
free = Free
free-from = Free from { $price }
yes = Yes
no = No
optional = (optional)

# lists
products = Products
filters = Filters
filters-clear = Clear filters
filter-remove = Remove filter: { $filter }
filters-leave-nothing = Nothing here fits all of these filters.
apply = Apply
price = Price
price-least = Lowest price
price-most = Highest price
brand = Brand
in-stock-only = In stock
sort-label = Sort by
sort-featured = Featured
sort-relevance = Relevance
sort-price-ascending = Price, low to high
sort-price-descending = Price, high to low
sort-created-descending = Newest
sort-title-ascending = Name, A to Z
collection-empty = There is nothing on this shelf yet.
pages = Pages
page-of = Page { $page } of { $pages }
page-before = Previous
page-after = Next
suggestions = Suggestions
search-results-for = Results for “{ $q }”
search-empty = Type what you are looking for, or look around.
search-nothing = We found nothing for that. Try fewer or other words, or look around.
search-corrected = Nothing is called “{ $typed }” here, so these are results for “{ $taken }”.
search-relaxed = Nothing has all of these words. These come close.
filters-show = { $count ->
    [one] Show { $count } product
   *[other] Show { $count } products
}
range-between = { $from } to { $to }
range-to = Up to { $to }
range-from = { $from } and above
range-least = { $name }, from
range-most = { $name }, up to
sort-best-selling = Best selling
pages-end = { $count } more fit. Filter the list to see them.
best-sellers = What others buy
or = { "” or “" }
search-exactly = Search for “{ $q }” exactly as typed
search-loosely = Search with corrections
suggested-searches = Searches
categories-and-brands = Categories and brands
facet-material = Material
facet-color = Colour
facet-colour = Colour
facet-size = Size
facet-capacity = Capacity
facet-style = Style
facet-finish = Finish
facet-care = Care
facet-origin = Origin
facet-room = Room

# product
sale = Sale
sold-out = Sold out
price-now = Now
price-before = before
price-from = From { $price }
tax-included = Taxes included
in-stock = In stock, ready to ship
stock-low = Only { $left } left
stock-backorder = Made to order: ships a little later
stock-sold-out = Sold out. Have a look at what goes with it below.
quantity = Quantity
add-to-cart = Add to cart
details = Details
goes-with = Goes well with
no-picture = A drawing stands in: there is no photograph of this one yet.
pictures = Pictures
picture-n = Picture { $n }

# cart
cart-empty = Your cart is empty. Something beautiful is a click away.
cart-has-problems = Some items need your attention before you check out.
summary = Summary
subtotal = Subtotal
discount = Discount
shipping = Shipping
shipping-at-checkout = Shipping is chosen at checkout.
total = Total
checkout = Checkout
checkout-title = Checkout
pay-safely = You choose how to pay on the next pages.
update = Update
remove = Remove
remove-title = Remove { $title }
quantity-of = Quantity of { $title }
problem-out-of-stock = There is not enough of that left. The cart holds what we can send.
problem-invalid-quantity = A quantity is a whole number from 1 to 99.
problem-cart-full = The cart is full: an order holds at most 70 different items.
problem-not-in-cart = That item is no longer in your cart.
problem-unknown-sku = That item is not sold any more.
problem-unavailable = That did not work. Please try again.
problem-sold-out = Sold out meanwhile. Please remove it to go on.
problem-low-stock = Only { $left } left. Please lower the quantity.
problem-gone = Not sold any more. Please remove it to go on.
problem-total-changed = The total has changed since you last saw it. Please look at it again before you order.
problem-cart-changed = The cart was changed meanwhile. Please look at it again before you order.
problem-cart-empty = There is nothing in the cart to order.
problem-item-gone = An item in your cart is not sold any more. Please go back and remove it.
problem-idempotency-key-reused = This form was sent before with other contents. Please check it and send it again.
problem-unknown-shipping-method = Please choose one of the shipping methods.

# promotions: the promotion-… are the text keys of docs/promotions.md, …-by says what is missing
code = Promotion codes
code-label = Promotion code
code-apply = Apply
code-applied = Applied
code-remove = Remove the code { $code }
gift = Gift
problem-invalid-code = A code has 1 to 64 characters.
problem-too-many-codes = A cart takes at most 10 codes. Remove one first.
problem-no-such-code = That code is no longer in your cart.
problem-promotion-used-up = Others were faster: a promotion or code was used up while you ordered. Please look at the new total.
problem-order-too-large = That is more than one order can hold. Please order in two parts.
promotion-code-unknown = We do not know this code. Please check how it is spelled.
promotion-code-repeated = This code, or another for the same promotion, is in the cart already.
promotion-too-many-codes = A cart takes at most 10 codes.
promotion-code-ended = This code is not valid any more.
promotion-not-started = This code is not valid yet.
promotion-code-used-up = This code has been used up.
promotion-code-rejected = This code does not apply to this cart.
promotion-code-required = This needs a code.
promotion-outside-hours = This code is valid at other hours.
promotion-used-up = This promotion has been used up.
promotion-used-by-customer = You have used this already.
promotion-customer-required = This is for customers we know. Enter your email address at the checkout.
promotion-currency-not-offered = This is not offered in your currency.
promotion-amount-too-low = The goods in your cart cost too little for this code.
promotion-amount-too-low-by = { $missing } more of what it is for, and this code applies.
promotion-quantity-too-low = Your cart holds too few pieces for this code.
promotion-quantity-too-low-by = { $missing ->
    [one] { $missing } piece more, and this code applies.
   *[other] { $missing } pieces more, and this code applies.
}
promotion-items-missing = Your cart holds nothing that this code is for.
promotion-customer-not-eligible = This code is for other customers.
promotion-not-here = This code is not for where or how we would send your order.
promotion-conditions-not-met = This code does not apply to this cart.
promotion-nothing-to-discount = There is nothing left in the cart that this code could make cheaper.
promotion-no-shipping = This applies once you choose how we send your order.
promotion-gift-unavailable = We have no more of the gift.
promotion-not-combinable = This cannot be combined with another offer in your cart, which saves you more.

# checkout
back-to-cart = Back to the cart
contact = Contact
offers-consent = Write to me about offers and news. I can say no at any time.
delivery-address = Delivery address
your-order = Your order
update-total = Update total
place-order = Order and pay { $total }
pay-next = Payment comes next. The order is held for you while you pay.
wrong-fields = { $count ->
    [one] One thing needs another look:
   *[other] { $count } things need another look:
}
wrong-required = { $field }: please fill this in
wrong-other = { $field }: please check this
field-email = Email
field-phone = Phone
field-name = Full name
field-country = Country or region
field-region = Province or state
field-city = City
field-district = District
field-street = Street and number
field-postal-code = Postal code
field-shipping = Shipping
field-payment = Payment
method-wechat = WeChat Pay
method-wechat-hint = Scan a code with WeChat
method-alipay = Alipay
method-alipay-hint = On Alipay's page
method-stripe = Card or wallet
method-stripe-hint = On Stripe's page
method-bank-transfer = Bank transfer
method-bank-transfer-hint = We ship when the money has arrived
method-sandbox = Sandbox
method-sandbox-hint = A payment for trying out: no money moves
country-cn = China
country-hk = Hong Kong SAR
country-mo = Macao SAR
country-tw = Taiwan
country-sg = Singapore
country-my = Malaysia
country-jp = Japan
country-kr = South Korea
country-au = Australia
country-nz = New Zealand
country-us = United States
country-ca = Canada
country-gb = United Kingdom
country-ie = Ireland
country-de = Germany
country-fr = France
country-nl = Netherlands
country-es = Spain
country-it = Italy
country-gr = Greece

# order
order-number = Order { $number }
what-you-bought = What you bought
timeline = What happened so far
pay-now = Pay { $total }
payment-failed = The payment did not go through. Nothing was charged.
payment-held = We are checking the payment by hand and will write to you.
state-payment-pending = Waiting for payment
state-payment-pending-text = We keep the items for you. As soon as the payment arrives, we pack them.
state-paid = Paid
state-paid-text = Thank you. We are getting your order ready.
state-shipped = Shipped
state-shipped-text = Your order is on its way.
state-delivered = Delivered
state-delivered-text = Your order has arrived. Enjoy it.
state-completed = Completed
state-completed-text = All done. Thank you for shopping with us.
state-cancelled = Cancelled
state-cancelled-text = This order was cancelled.
state-refunded = Refunded
state-refunded-text = The payment was sent back to you.

# errors
error-missing = This page is not here
error-missing-text = It may have moved, or the thing was sold for good. The rest of the shop is where it was.
error-no-order = We cannot show this order
error-no-order-text = The link is incomplete or no longer valid. Use the link from your order confirmation.
error-method = That does not work here
error-method-text = This address takes no such request. Please start again from the shop.
error-foreign-form = That form came from elsewhere
error-foreign-form-text = For your safety we only take forms from our own pages. Please start again from the shop.
error-broken = Something went wrong on our side
error-broken-text = It is not your fault, and nothing was charged. Please try again in a moment.
error-unavailable = This page is taking a break
error-unavailable-text = Please try again in a moment. The rest of the shop is open.
error-checkout-closed = The checkout is taking a short break
error-checkout-closed-text = Nothing is lost: your cart is kept and nothing was charged. You can look around and search as always; please try again in a minute.
error-order-unknown = We are not sure your order got through
error-order-unknown-text = Nothing was charged. Go back and send the form once more: it can not be ordered twice.
